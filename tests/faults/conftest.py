import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "e2e"))
sys.path.insert(0, str(pathlib.Path(__file__).parent))


@pytest.fixture(scope="module")
def behind_proxy(tmp_path_factory):
    """Two tables of two databases behind the proxy: the plan names its address, so every world is made through it."""
    from estate import small_estate
    from journey import Journey
    from proxy import Proxy

    folder = tmp_path_factory.mktemp("proxy")
    with Journey(folder, small_estate(folder / "estate")) as journey, Proxy(journey.endpoint) as proxy:
        journey.endpoint = proxy.endpoint
        journey.assess()
        journey.make_plan("--only", "ref.products", "--only", "raw.customers")
        empty = journey.world()
        journey.apply()
        expected = journey.world()
        assert expected != empty
        journey.run("run", "rollback", journey.run_id())
        assert journey.world() == empty
        yield journey, proxy, expected, empty
