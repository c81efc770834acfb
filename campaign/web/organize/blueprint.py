"""The desk's blueprint. Each file of this package puts its views on it."""

from flask import Blueprint

blueprint = Blueprint("organize", __name__, url_prefix="/organize")
