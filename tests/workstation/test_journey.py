"""The whole way in the browser: from an empty data folder to a check-in that somebody reviewed."""

import datetime as dt
import io
import re

import numpy as np
import pytest
from PIL import Image

from colonnade.case import Case
from colonnade.field.synthetic import synthetic_face
from colonnade.planning import plan as make_plan
from colonnade.records import plans
from colonnade.records.base import open_database
from colonnade.records.blobs import BlobStore
from colonnade.records.folder import open_folder
from colonnade.records.people import Account
from tests.workstation.conftest import SIZES, fill_accounts, overflow, sign_in, small_targets

TODAY = dt.datetime.now().astimezone().date()


@pytest.fixture(scope="module")
def small_plan():
    """A plan of the bundled case on one square centimetre: made by the library, as a job makes it."""
    data = Case.load("examples/acne-scar-cheek.toml").plain()
    data["region"] |= {"width_mm": 10.0, "height_mm": 10.0}
    return data, make_plan(Case.parse(data))


def look(page, axe, picture, name):
    """What holds for every page: accessible in both themes, no sideways scrolling, targets large enough."""
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        axe(page)
        picture(page, f"journey-{name}-{theme}")
    page.emulate_media(color_scheme="light")
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        assert overflow(page) <= 0, (name, size)
        assert small_targets(page) == [], (name, size)
    page.set_viewport_size({"width": 820, "height": 1180})
    picture(page, f"journey-{name}-tablet")
    page.set_viewport_size({"width": 1280, "height": 800})


def photograph():
    """A synthetic face as a JPEG with EXIF data, which must not survive."""
    pixels = synthetic_face(0.5).photograph.pixels
    image, out = Image.fromarray(np.asarray(pixels)), io.BytesIO()
    exif = image.getexif()
    exif[0x010E] = "a place that nobody needs to know"
    image.save(out, "JPEG", exif=exif)
    return {"name": "face.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def store_plan(server, draft_id, case, plan):
    """What the plan page does when its job is done."""
    folder = open_folder(server.data)
    database = open_database(folder.database)
    with database.session() as db:
        maker = db.query(Account).filter(Account.login == "operator").one().actor()
        row = plans.store_plan(db, BlobStore(folder.blobs), maker, draft_id, plan)
        row_id = row.id
    database.close()
    return row_id


def test_from_nothing_to_a_reviewed_check_in(new_server, browser, axe, picture, small_plan):
    raise AssertionError("written below")
