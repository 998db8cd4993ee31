"""`python -m data_platform.deployments.checking_process UNIT...`: loads units' definitions and prints what is wrong."""

import json
import sys


def main() -> None:
    """Print `{unit: problem}`; the problem is empty where the unit loads."""
    from data_platform.environment import current_environment
    from data_platform.errors import DataPlatformError
    from data_platform.units.checking import check_units

    try:
        verdicts = check_units(current_environment(), sys.argv[1:])
    except DataPlatformError as error:
        sys.exit(str(error))
    # the last line: whatever a unit's own code prints comes before it
    print(f"\n{json.dumps({verdict.unit: verdict.problem for verdict in verdicts})}")


if __name__ == "__main__":
    main()
