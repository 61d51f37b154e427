"""Processes that measure."""

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import time

from .workload import Served


class SideFailed(Exception):
    """A side ended or answered nonsense; the text says what it wrote last."""


class LiveSide:
    """A process that measures on request, and is stopped in between: threads that wait for work disturb nobody."""

    def __init__(self, label, command, environment):
        self.label = label
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, env=environment, text=True
        )
        self.base = None

    def wait_until_ready(self):
        ready = self._answer()
        self.base, self.scaled = ready["resident_mib"], ready.get("scaled", False)
        self.process.send_signal(signal.SIGSTOP)

    def measure(self, name):
        answer = self._ask(f"measure {name}")
        added = max(0.0, answer["peak_mib"] - self.base)
        return {"seconds": answer["seconds"], "peak_mib": answer["peak_mib"], "added_mib": added}

    def result(self):
        return self._ask("result")

    def close(self):
        self.process.kill()
        self.process.wait()
        for file in (self.process.stdin, self.process.stdout, self.errors):
            with contextlib.suppress(BrokenPipeError):
                file.close()

    def _ask(self, request):
        self.process.send_signal(signal.SIGCONT)
        with contextlib.suppress(BrokenPipeError):  # the answer, which is missing, says it
            self.process.stdin.write(request + "\n")
            self.process.stdin.flush()
        answer = self._answer()
        self.process.send_signal(signal.SIGSTOP)
        return answer

    def _answer(self):
        line = self.process.stdout.readline()
        try:
            return json.loads(line)
        except ValueError:
            self.process.kill()
            self.errors.seek(0)
            last = self.errors.read().decode(errors="replace").strip().splitlines()[-3:]
            raise SideFailed(f"{self.label}: {' / '.join(last) or 'it ended without a word'}") from None


class CommandSide:
    """A command that is run anew for each measurement."""

    scaled = False

    def __init__(self, label, command, environment):
        self.label, self.command, self.environment = label, command, environment

    def wait_until_ready(self):
        pass

    def measure(self, name):
        with tempfile.TemporaryFile() as errors:
            start = time.perf_counter()
            process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=errors, env=self.environment)
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode != 0:
                errors.seek(0)
                raise SideFailed(f"{self.label}: {errors.read().decode(errors='replace').strip()[-300:]}")
        return {"seconds": seconds, "processor_seconds": usage.ru_utime + usage.ru_stime}

    def result(self):
        return {}

    def close(self):
        pass


def start(label, side, folder, environment):
    command = [word.replace("{folder}", str(folder)) for word in side.command]
    return (LiveSide if isinstance(side, Served) else CommandSide)(label, command, environment)
