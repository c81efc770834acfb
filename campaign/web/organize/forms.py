"""Forms of the desk. They carry Flask-WTF's token, because a session stands behind them."""

from flask import abort
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, PasswordField, StringField
from wtforms.validators import AnyOf, InputRequired, Length, Regexp

from campaign.organizers.models import ROLES
from campaign.web.public.forms import FormError


def mistakes(form: FlaskForm) -> list[FormError]:
    """What somebody typed wrong. Ends the request (400) if what is wrong was never typed: the form is not ours."""
    if any(field.errors for field in form if isinstance(field, HiddenField)):
        abort(400)
    return [FormError(field.id, str(message)) for field in form for message in field.errors]


class LoginForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    login = StringField(_l("Login"), [InputRequired(_l("Enter your login.")), Length(max=60)])
    password = PasswordField(_l("Password"), [InputRequired(_l("Enter your password.")), Length(max=1000)])


class FactorForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    """A code of an app or a recovery code; or what a passkey signed."""

    code = StringField(_l("Code"), [Length(max=60)])
    passkey = HiddenField(validators=[Length(max=20_000)])


class AppForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    """The first code of an app, with the secret it was just given."""

    secret = HiddenField(validators=[Regexp(r"[A-Z2-7]{32}\Z")])
    code = StringField(
        _l("Code the app shows"), [InputRequired(_l("Type the six digits the app shows.")), Length(max=20)]
    )


class PasskeyForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    name = StringField(_l("Name of this passkey"), [InputRequired(_l("Give it a name.")), Length(max=60)])
    passkey = HiddenField(validators=[InputRequired(), Length(max=20_000)])


class PasswordAgainForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    password = PasswordField(_l("Password"), [InputRequired(_l("Enter your password.")), Length(max=1000)])


class PasswordForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    password = PasswordField(_l("Password until now"), [InputRequired(_l("Enter your password.")), Length(max=1000)])
    new_password = PasswordField(
        _l("New password"),
        [InputRequired(_l("Choose a password.")), Length(12, 1000, _l("A password has at least 12 characters."))],
    )


class JoinForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    login = StringField(
        _l("Login"),
        [
            InputRequired(_l("Choose a login.")),
            Regexp(
                r"[a-z0-9][a-z0-9._-]{1,59}\Z",
                message=_l("A login has 2 to 60 small letters, digits, dots or hyphens."),
            ),
        ],
    )
    password = PasswordField(
        _l("Password"),
        [InputRequired(_l("Choose a password.")), Length(12, 1000, _l("A password has at least 12 characters."))],
    )


class InviteForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    email = StringField(_l("E-mail address"), [Length(max=320)])
    role = StringField(_l("Role"), [AnyOf(ROLES)], id="invite-role")


class RoleForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    """`role` is empty for none."""

    role = StringField(_l("Role"), [AnyOf(("", *ROLES))])


class RemoveForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    sure = BooleanField(_l("Yes, remove"), [InputRequired(_l("Tick the box to say that you are sure."))])


class EmptyForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    """A button: nothing but the token."""
