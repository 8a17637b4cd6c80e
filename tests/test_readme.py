from tests.channel_manager_table import README, table, table_in


def test_the_table_of_channel_managers_is_what_the_modules_say() -> None:
    command = "python -m tests.channel_manager_table"
    assert table_in(README.read_text("utf-8")) == table(), f"Rewrite it with: {command}"


def test_every_channel_manager_says_where_its_money_comes_from() -> None:
    rows = table().splitlines()[2:]
    assert all(cell.strip() for row in rows for cell in row.strip("|").split("|"))
