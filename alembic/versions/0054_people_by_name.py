"""an index for the list of people, without service accounts

Revision: 0054
Before: 0053
"""

import sqlalchemy as sa
from exports_app.db.concurrent_indexes import create_index, drop_index

revision, down_revision, branch_labels, depends_on = "0054", "0053", None, None

NAME, USERS = "ix_users_people", "users"


def upgrade() -> None:
    people = sa.text("service_of IS NULL")
    create_index(NAME, USERS, ["name", "id", "service_of"], sqlite_where=people, postgresql_where=people)


def downgrade() -> None:
    drop_index(NAME, USERS)
