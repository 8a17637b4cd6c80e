from tests.worker.conftest import desk, furnish

__all__ = ["desk", "furnish"]
