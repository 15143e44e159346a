"""Read what code needs of the world: network, files, programs, secrets; without running it.

Takes:   the Python files of a package.
Gives:   `Code`: what each definition touches, and which others it stands on; `reached`, all of it from one definition.
Follows: imports under any name, functions and classes of the same package, modules named by a plain text.
Leaves:  what only type checkers look at, exceptions, constants.
Ignores: what is allowed (`capabilities`), and what a dependency does that the table does not know: that is `STRANGE`.
"""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

from penstock_findings.fact import Fact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

NETWORK, FILES, PROGRAMS, SECRETS = "network", "filesystem", "subprocess", "secrets"
_TABLE = {
    NETWORK: """socket socketserver ssl http.client http.server urllib.request xmlrpc ftplib smtplib imaplib poplib telnetlib
        nntplib asyncio.open_connection asyncio.start_server asyncio.open_unix_connection asyncio.start_unix_server
        requests httpx aiohttp urllib3 websockets websocket pycurl paramiko asyncssh boto3 botocore aiobotocore aioboto3
        google.cloud azure minio s3fs gcsfs redis valkey pymongo motor psycopg psycopg2 asyncpg pymysql MySQLdb mysql aiomysql
        oracledb cx_Oracle pyodbc aioodbc pika aio_pika kombu kafka confluent_kafka aiokafka pulsar nats stomp paho aiomqtt
        gmqtt zmq grpc thrift pysnmp pymodbus asyncua opcua bacpypes can ldap3 elasticsearch opensearchpy influxdb
        influxdb_client cassandra clickhouse_connect snowflake dns scapy slack_sdk twilio sentry_sdk""",
    FILES: """builtins.open io.open io.FileIO io.open_code os.open os.remove os.unlink os.mkdir os.makedirs os.rename os.renames os.replace os.rmdir
        os.removedirs os.listdir os.scandir os.walk os.link os.symlink os.truncate os.chmod os.chown os.mkfifo os.stat
        os.path.exists os.path.isfile os.path.isdir os.path.getsize os.path.getmtime shutil tempfile glob.glob glob.iglob
        fileinput zipfile.ZipFile tarfile gzip.open bz2.open lzma.open sqlite3.connect dbm shelve mmap linecache
        aiofiles fcntl watchdog watchfiles openpyxl h5py netCDF4 pyarrow.parquet""",
    PROGRAMS: """subprocess os.system os.popen os.execv os.execve os.execvp os.execvpe os.execl os.execle os.execlp os.spawnl
        os.spawnv os.spawnvp os.spawnve os.fork os.forkpty os.posix_spawn os.posix_spawnp os.kill pty multiprocessing
        concurrent.futures.ProcessPoolExecutor asyncio.create_subprocess_exec asyncio.create_subprocess_shell pexpect sh
        plumbum fabric invoke docker psutil.Popen""",
    SECRETS: "os.environ os.environb os.getenv getpass keyring hvac netrc dotenv",
}
_CAPABILITY = {name: capability for capability, names in _TABLE.items() for name in names.split()}
_METHODS = {  # of paths; nobody else calls methods so
    "read_text", "write_text", "read_bytes", "write_bytes", "mkdir", "rmdir", "unlink", "touch", "iterdir", "rglob",
    "symlink_to", "hardlink_to", "is_file", "is_dir",
}  # fmt: skip  # a table reads better in few lines
_OF_PATHS_TOO = {"open", "exists", "stat", "glob", "rename", "replace", "resolve"}  # others have them as well
_PATHS = ("pathlib", "os")  # a package without one of them has no paths
_RESOURCES = "importlib.resources"  # what it opens is part of the package
_PURE = (*sys.stdlib_module_names, "penstock", "penstock_findings", "typing_extensions", "msgspec", "attr", "attrs",
         "pydantic", "numpy", "orjson", "packaging", "dateutil")  # fmt: skip  # what touches nothing that the table does not tell
STRANGE = "?"  # the capability of what a dependency does, which nobody can read from here
_HARMLESS = {
    "timeout",
    "error",
    "herror",
    "gaierror",
    "exceptions",
    "errors",
    "SubprocessError",
    "PIPE",
    "DEVNULL",
    "STDOUT",
}
BODY = ""  # the definition that is a module's own body, which is run by whoever imports it

Key = tuple[str, str]  # module, name of a top-level definition or BODY


class Touch(Fact):
    """One contact with the world: the capability that it takes, what was named, and where.

    One that is not `sure` may be something else: enough to need a capability that is declared, not to miss one.
    """

    capability: str
    what: str
    file: str
    line: int
    column: int
    sure: bool = True


class Code(Fact):
    """What each definition of a package touches and stands on."""

    touches: Mapping[Key, tuple[Touch, ...]]
    stands_on: Mapping[Key, frozenset[Key]]

    def reached(self, start: Key) -> list[Touch]:
        """All that is touched from a definition, through whatever it stands on; in the order of files and lines."""
        seen: set[Key] = set()
        ahead = [start, (start[0], BODY)]
        while ahead:
            key = ahead.pop()
            if key not in seen:
                seen.add(key)
                ahead += self.stands_on.get(key, ())
        found = {touch for key in seen for touch in self.touches.get(key, ())}
        return sorted(found, key=lambda touch: (touch.file, touch.line, touch.column))


def read_code(files: Mapping[str, tuple[str, str]]) -> Code:
    """Module -> (file, text) of all Python files of a package; what cannot be read touches nothing here."""
    trees: dict[str, ast.Module] = {}
    for module, (_, text) in files.items():
        try:
            trees[module] = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError):
            continue
    defined = {module: _definitions(tree) for module, tree in trees.items()}
    touches: dict[Key, tuple[Touch, ...]] = {}
    stands_on: dict[Key, frozenset[Key]] = {}
    known = {
        module: _imports(ast.walk(tree), module, files[module][0].endswith("/__init__.py"))
        for module, tree in trees.items()
    }
    has_paths = any(value.split(".")[0] in _PATHS for names in known.values() for value in names.values())
    for module, parts in defined.items():
        reader = _Reader(module, files[module][0], known[module], defined, has_paths)
        for name, statements in parts.items():
            reader.begin()
            for statement in statements:
                reader.visit(statement)
            touches[module, name] = tuple(reader.touches)
            stands_on[module, name] = frozenset(reader.others - {(module, name)})
    return Code(touches, stands_on)


def _definitions(tree: ast.Module) -> dict[str, list[ast.stmt]]:
    """Name -> statements of each top-level definition, and those of the body."""
    parts: dict[str, list[ast.stmt]] = {BODY: []}
    for statement in tree.body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            parts.setdefault(statement.name, []).append(statement)
        else:
            parts[BODY].append(statement)
    return parts


def _imports(parts: Iterable[ast.AST], module: str, is_package: bool) -> dict[str, str]:
    """Local name -> what it stands for, dotted; imports within functions count for the whole file."""
    found: dict[str, str] = {}
    for part in parts:
        if isinstance(part, ast.Import):
            for alias in part.names:
                found[alias.asname or alias.name.split(".")[0]] = (
                    alias.name if alias.asname else alias.name.split(".")[0]
                )
        elif isinstance(part, ast.ImportFrom):
            start = part.module or ""
            if part.level:
                above = module.split(".") if is_package else module.split(".")[:-1]
                above = above[: len(above) - part.level + 1]
                start = ".".join([*above, *([part.module] if part.module else [])])
            found.update({alias.asname or alias.name: f"{start}.{alias.name}" for alias in part.names})
    return found


class _Reader(ast.NodeVisitor):
    """Walks one definition after the other."""

    def __init__(
        self,
        module: str,
        file: str,
        known: Mapping[str, str],
        defined: Mapping[str, Mapping[str, object]],
        has_paths: bool,
    ) -> None:
        self.touches: list[Touch] = []
        self.others: set[Key] = set()
        self._module = module
        self._file = file
        self._known = known
        self._defined = defined
        self._has_paths = has_paths and not any(value.startswith(_RESOURCES) for value in known.values())

    def begin(self) -> None:
        """Forget the definition before."""
        self.touches, self.others = [], set()

    def visit_If(self, part: ast.If) -> None:
        test = part.test
        if (test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")) != "TYPE_CHECKING":
            self.visit(test)
            for statement in part.body:
                self.visit(statement)
        for statement in part.orelse:
            self.visit(statement)

    def visit_AnnAssign(self, part: ast.AnnAssign) -> None:
        if part.value is not None:
            self.visit(part.value)

    def visit_arg(self, part: ast.arg) -> None:
        """Annotations run nothing."""

    def visit_FunctionDef(self, part: ast.FunctionDef) -> None:
        part.returns = None
        self.generic_visit(part)

    def visit_AsyncFunctionDef(self, part: ast.AsyncFunctionDef) -> None:
        part.returns = None
        self.generic_visit(part)

    def visit_ExceptHandler(self, part: ast.ExceptHandler) -> None:
        for statement in part.body:  # what is caught is not done
            self.visit(statement)

    def visit_Call(self, part: ast.Call) -> None:
        named = self._dotted(part.func)
        first = part.args[0] if part.args else None
        if named in ("importlib.import_module", "__import__") and isinstance(first, ast.Constant):
            self._refers(str(first.value), part)
        if isinstance(part.func, ast.Attribute):
            if part.func.attr == "secret":
                self._note(SECRETS, "ctx.secret", part)
            elif part.func.attr in _METHODS or part.func.attr in _OF_PATHS_TOO:
                sure = self._has_paths and part.func.attr in _METHODS
                self._note(FILES, f".{part.func.attr}()", part, sure=sure)
        if isinstance(part.func, ast.Name) and part.func.id == "open" and "open" not in self._known:
            self._refers("builtins.open", part)
        self.generic_visit(part)

    def visit_Attribute(self, part: ast.Attribute) -> None:
        named = self._dotted(part)
        if named is None:
            self.generic_visit(part)
        else:
            self._refers(named, part)

    def visit_Name(self, part: ast.Name) -> None:
        if part.id in self._known:
            self._refers(self._known[part.id], part)
        elif part.id in self._defined[self._module]:
            self.others.add((self._module, part.id))

    def _dotted(self, part: ast.expr) -> str | None:
        words: list[str] = []
        while isinstance(part, ast.Attribute):
            words.append(part.attr)
            part = part.value
        if not isinstance(part, ast.Name):
            return None
        start = self._known.get(part.id) or (part.id if part.id == "__import__" else None)
        return None if start is None else ".".join([start, *reversed(words)])

    def _refers(self, named: str, part: ast.expr) -> None:
        """A name is either of this package, or of the world, or nothing to us."""
        for module in _starts(named):
            if module in self._defined:
                word = named[len(module) + 1 :].split(".")[0]
                self.others.add((module, BODY))
                if word in self._defined[module]:
                    self.others.add((module, word))
                return
        if named.split(".")[0] == self._module.split(".")[0]:
            return
        capability = next((_CAPABILITY[start] for start in _starts(named) if start in _CAPABILITY), None)
        if capability and not any(_is_harmless(word) for word in named.split(".")):
            self._note(capability, named.removeprefix("builtins."), part)
        elif capability is None and named.split(".")[0] not in _PURE:
            self._note(STRANGE, named, part, sure=False)

    def _note(self, capability: str, what: str, part: ast.expr, *, sure: bool = True) -> None:
        self.touches.append(Touch(capability, what, self._file, part.lineno, part.col_offset + 1, sure))


def _is_harmless(word: str) -> bool:
    return word in _HARMLESS or word.isupper() or word.endswith(("Error", "Exception", "Warning", "Timeout", "Expired"))


def _starts(name: str) -> Iterator[str]:
    """`a.b.c`, `a.b` and `a` of `a.b.c`: the longest first."""
    words = name.split(".")
    return (".".join(words[:count]) for count in range(len(words), 0, -1))
