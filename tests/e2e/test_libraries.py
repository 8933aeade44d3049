"""Whose code the program runs, of what several of its libraries hold."""

import os
import pathlib
import re
import subprocess

from journey import GODWIT

BINDING = re.compile(r"binding file (\S+) \[0\] to (\S+) \[0\]: normal symbol `EVP_\w+'")


def test_the_cryptography_of_the_system_is_used():
    """libparquet exports an OpenSSL of its own; libcurl, libpq and we must not get into it."""
    result = subprocess.run([GODWIT, "--help"], capture_output=True, check=True,
                            env=os.environ | {"LD_BIND_NOW": "1", "LD_DEBUG": "bindings"})
    bindings = BINDING.findall(result.stderr.decode(errors="replace"))
    used = {pathlib.Path(library).name for user, library in bindings if "libparquet" not in user}
    assert used == {"libcrypto.so.3"}
