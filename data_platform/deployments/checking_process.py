"""`python -m data_platform.deployments.checking_process FOLDER UNIT...`: loads the unit in a folder as its code server
would, and prints what is wrong. It is started where the unit's package lies.
"""

import json
import sys
from pathlib import Path


def main() -> None:
    """Print the problem as JSON, in the last line; empty where the unit loads."""
    from data_platform.environment import current_environment
    from data_platform.units.checking import check_folder

    folder, known = Path(sys.argv[1]), set(sys.argv[2:])
    # the last line: whatever a unit's own code prints comes before it
    print(f"\n{json.dumps(check_folder(folder, current_environment(), known).problem)}")


if __name__ == "__main__":
    main()
