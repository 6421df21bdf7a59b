"""`python -m exports_app`: see `--help`."""

import sys

from exports_app.cli.main import main

sys.exit(main())
