"""The administration as an app of its own, apart from those of :mod:`config.apps`."""

from django.contrib.admin.apps import AdminConfig


class Admin(AdminConfig):
    default_site = "config.admin_site.AdminSite"
