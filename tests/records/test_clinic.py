from colonnade.records import audit
from tests.records import clinic


def test_journey(database, blobs, people):
    j = clinic.journey(database, blobs, people)
    with database.session() as db:
        v = audit.verify(db)
    assert v.ok, v
    print(v, j.treatment.deviations)
