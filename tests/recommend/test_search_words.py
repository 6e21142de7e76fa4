"""Staff give search words; it finds by them when its index is built anew."""

import pytest
from django.urls import reverse

from foundation.tasks import train
from recommend import search_words
from recommend.learning.aliases import load_aliases
from recommend.models import SearchWords
from recommend.search_documents import search_documents
from recommend.serving import SEARCH
from shop.models import Category, Department
from shop.selectors.search import search

ADD = "admin:recommend_searchwords_add"


def test_staff_teach_search_a_word_and_take_it_back(
    world, admin_client, settings, tmp_path, django_capture_on_commit_callbacks, monkeypatch
) -> None:
    settings.VAR_DIR = settings.ENCODER_CACHE_DIR = tmp_path
    queued: list[str] = []
    monkeypatch.setattr(search_words.train, "delay", queued.append)
    product = world.products["beans"]
    key = f"c:{product.category.slug}"
    page = admin_client.get(reverse(ADD)).content.decode()
    assert f'value="{key}"' in page
    with django_capture_on_commit_callbacks(execute=True):
        answer = admin_client.post(reverse(ADD), {"key": key, "names_en": "flurbles\nwuggets"})
    assert answer.status_code == 302
    assert queued == [SEARCH]
    train(SEARCH)
    assert search("flurbles", customer=None, language="en").ids[0] in set(
        Category.objects.get(pk=product.category_id).products.values_list("pk", flat=True)
    )
    row = SearchWords.objects.get(key=key)
    with django_capture_on_commit_callbacks(execute=True):
        admin_client.post(reverse("admin:recommend_searchwords_delete", args=[row.pk]), {"post": 1})
    assert "flurbles" not in search_documents()[1][key].names


def test_empty_words_begin_with_what_the_shop_ships_with(db, admin_client) -> None:
    department = Department.objects.create(slug="pets", name_en="Pets", name_zh="宠物")
    admin_client.post(reverse(ADD), {"key": f"d:{department.slug}"})
    row = SearchWords.objects.get()
    shipped = load_aliases()["d:pets"]
    assert row.names_en.split("\n") + row.names_zh.split("\n") == list(shipped.names)
    assert set(search_documents()[1]["d:pets"].needs) == set(shipped.needs)


@pytest.mark.django_db
def test_a_key_the_catalogue_has_not_is_refused(admin_client) -> None:
    page = admin_client.post(reverse(ADD), {"key": "c:nowhere", "names_en": "x"})
    assert page.status_code == 200
    assert not SearchWords.objects.exists()
