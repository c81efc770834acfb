"""Forms of the desk. They carry Flask-WTF's token, because a session stands behind them."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length


class LoginForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    login = StringField(_l("Login"), [InputRequired(_l("Enter your login.")), Length(max=60)])
    password = PasswordField(_l("Password"), [InputRequired(_l("Enter your password.")), Length(max=1000)])


class EmptyForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    """A button: nothing but the token."""
