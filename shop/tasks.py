"""Celery entry points: each calls one service and may be run twice."""

from celery import shared_task


@shared_task
def recover_checkouts() -> None:
    """Undo checkouts that a crash left open; runs every five minutes."""
    from shop.services import checkout

    checkout.recover_stuck()


@shared_task
def export_events() -> None:
    """Write whole days of behaviour events as Parquet for trainings."""
    from shop.services import event_export

    event_export.export_events()


@shared_task(autoretry_for=(OSError,), retry_backoff=True, max_retries=3)
def make_download(pk: int) -> None:
    """Write the copy of somebody's data that was asked for."""
    from shop.privacy import download

    download.make(pk)


@shared_task
def make_downloads() -> None:
    """Make copies that a lost worker or broker left waiting."""
    from shop.privacy import download

    download.make_waiting()


@shared_task
def erase_due() -> None:
    """Erase everybody whose time has come, and go on with what was cut short."""
    from shop.privacy import erasure

    erasure.run_due()


@shared_task(autoretry_for=(OSError,), retry_backoff=True, max_retries=5)
def tell_of_erasure(pk: int) -> None:
    """Tell a customer that they are going to be erased."""
    from shop.privacy import erasure

    erasure.tell(request_id=pk)


@shared_task
def apply_retention() -> None:
    """Remove personal data whose time is over."""
    from shop.privacy import retention

    retention.run()
