"""Read-only checks of this machine and of the AWS account, each with a remedy; what is found is data, nothing is shown.

`machine` looks at what is here, `account` asks AWS. A check that cannot be made says so; none raises.
"""

from __future__ import annotations

from sentiment_cli.doctor.account import examine_account
from sentiment_cli.doctor.finding import Finding
from sentiment_cli.doctor.machine import examine_machine

__all__ = ["Finding", "examine_account", "examine_machine"]
