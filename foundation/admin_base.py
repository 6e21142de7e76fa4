"""What the pages of the administration share."""

from typing import Any

from django import forms
from django.http import HttpRequest
from unfold.admin import ModelAdmin


class NamedRow(forms.ModelForm):
    """A row of a list that is edited in place: its fields have no label beside them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The formset's empty row is nothing that could be named.
        for field in self.fields.values() if self.instance.pk else ():
            field.widget.attrs["aria-label"] = f"{field.label}: {self.instance}"


class EditedListAdmin(ModelAdmin):
    """A list whose fields can be told apart without seeing their column."""

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> type[forms.ModelForm]:
        made: type[forms.ModelForm] = super().get_changelist_form(
            request, **{"form": NamedRow, **kwargs}
        )
        return made


class ReadOnlyAdmin(ModelAdmin):
    """Rows that services write and nobody edits."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
