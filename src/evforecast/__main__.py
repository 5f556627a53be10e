"""``python -m evforecast`` is the command ``evforecast``."""

import sys

from evforecast.cli import main

sys.exit(main())
