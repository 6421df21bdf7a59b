"""which users have the public password of the demo

Revision: 0014
Before: 0013
"""

import base64
import hashlib

import bcrypt
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0014", "0013", None, None

# As the demo was made until now: what a later version makes is marked when it is written
EMAILS = (
    "super@admin.com",
    "admin@acme.test",
    "viewer@acme.test",
    "admin@globex.test",
    "viewer@globex.test",
)
PASSWORD = base64.b64encode(hashlib.sha256(b"SuperAdmin123!").digest())

users = sa.table("users", sa.column("id"), sa.column("email"), sa.column("password_hash"), sa.column("has_demo_password"))


def upgrade() -> None:
    mark = sa.Column("has_demo_password", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("users", mark)
    if op.get_context().as_sql:  # a script for another database: nobody to look at
        return
    connection = op.get_bind()
    query = sa.select(users.c.id, users.c.password_hash).where(users.c.email.in_(EMAILS))
    for user_id, hashed in connection.execute(query).all():
        if bcrypt.checkpw(PASSWORD, hashed.encode()):
            marked = sa.update(users).where(users.c.id == user_id).values(has_demo_password=sa.true())
            connection.execute(marked)


def downgrade() -> None:
    op.drop_column("users", "has_demo_password")
