"""Pages for people who are not signed in yet."""

from exports_app.ui.pages.sign_in.forgot_password import view as forgot_password
from exports_app.ui.pages.sign_in.invitation import view as invitation
from exports_app.ui.pages.sign_in.login import view as login
from exports_app.ui.pages.sign_in.reset_password import view as reset_password

__all__ = ["forgot_password", "invitation", "login", "reset_password"]
