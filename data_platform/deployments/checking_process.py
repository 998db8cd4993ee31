"""`python -m data_platform.deployments.checking_process FOLDER UNIT...`: loads the unit in a folder as its code server
would, and prints what is wrong. It is started where the unit's package lies.
"""

import importlib
import json
import sys
from pathlib import Path


def main() -> None:
    """Print the problem as JSON, in the last line; empty where the unit loads."""
    from data_platform.environment import current_environment
    from data_platform.units.checking import check_folder

    folder, known = Path(sys.argv[1]), set(sys.argv[2:])
    problem = check_folder(folder, current_environment(), known).problem
    if not problem:
        try:
            importlib.import_module(f"code_locations.{folder.name}.definitions")
        except Exception as error:  # whatever the unit's own code raises
            problem = (str(error).strip().splitlines() or [type(error).__name__])[0]
    # the last line: whatever a unit's own code prints comes before it
    print(f"\n{json.dumps(problem)}")


if __name__ == "__main__":
    main()
