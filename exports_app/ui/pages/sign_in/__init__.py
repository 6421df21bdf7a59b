"""Pages for people who are not signed in yet."""

from exports_app.ui.pages.sign_in import forgot_password, invitation, login, reset_password

__all__ = ["forgot_password", "invitation", "login", "reset_password"]
