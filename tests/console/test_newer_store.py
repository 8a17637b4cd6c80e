from flask.testing import FlaskClient

from worker.services import Services


def test_on_a_newer_store_every_page_says_which_program_is_needed(house: Services, user: FlaskClient) -> None:
    house.store.set("fs:version", "99 9.8.7")
    for page in ("/", "/bookings", "/settings", "/login"):
        answer = user.get(page)
        assert answer.status_code == 503
        assert "start FaturaSync 9.8.7 or newer" in answer.get_data(as_text=True)
    house.store.delete("fs:version")
    assert user.get("/bookings").status_code == 200
