"""The configuration: one table, used by programs, the dynamic host, the commands and the tests alike.

A value comes from Pulumi configuration ``wallaroo:<key>``, else from the environment, else it is the default.
This package is imported by every program, so it stays light: standard library only.
"""

from .resolve import load, names_instance
from .settings import STACK, Holder, Ignored, Origin, Settings
from .table import AUTH_METHODS, BY_KEY, GRAPHQL_MODES, SECRETS, TABLE, Setting
from .values import PROJECT_FILES, project_folder

__all__ = [
    "AUTH_METHODS",
    "BY_KEY",
    "GRAPHQL_MODES",
    "PROJECT_FILES",
    "SECRETS",
    "STACK",
    "TABLE",
    "Holder",
    "Ignored",
    "Origin",
    "Setting",
    "Settings",
    "load",
    "names_instance",
    "project_folder",
]
