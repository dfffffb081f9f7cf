"""Checks the frame walk of collectors/python in this interpreter: frames_test.py <probe library>."""
import asyncio
import ctypes
import gc
import os
import runpy
import sys
import tempfile
import threading
import unittest

library = os.environ["HOTLOOP_PROBE"]
without_gil = ctypes.CDLL(library)  # releases the GIL around every call, as LibTorch does
with_gil = ctypes.PyDLL(library)  # keeps it
HERE = __file__


def split(text):
    if text == "none":
        return None
    function, file, line, who = text.rsplit("|", 3)
    return function, file, int(line), who


BUFFER = ctypes.create_string_buffer(1 << 16)


def here():
    return sys._getframe(1).f_lineno


class Frames(unittest.TestCase):
    def both(self):
        return (without_gil, with_gil)

    def test_function_file_and_line(self):
        for dll in self.both():
            dll.probe_leaf(BUFFER, 65536); line = here()
            self.assertEqual(split(BUFFER.value.decode()),
                             ("Frames.test_function_file_and_line", HERE, line, "user"))

    def test_two_calls_on_different_lines(self):
        without_gil.probe_leaf(BUFFER, 65536); first = here()
        one = split(BUFFER.value.decode())

        without_gil.probe_leaf(BUFFER, 65536); second = here()
        two = split(BUFFER.value.decode())
        self.assertEqual((one[2], two[2]), (first, second))

    def test_a_call_over_several_lines_has_the_line_that_python_says(self):
        for dll in self.both():
            ours, pythons = self._lines_of_call(dll)
            self.assertEqual(ours, pythons)

    def _lines_of_call(self, dll):
        seen = []

        class Size:
            # ctypes asks for this while it makes the call, so Python itself says the line.
            @property
            def _as_parameter_(self):
                seen.append(sys._getframe(1).f_lineno)
                return 65536
        dll.probe_leaf(
            BUFFER,
            Size())
        return split(BUFFER.value.decode())[2], seen[0]

    def test_stack_is_what_python_says(self):
        def inner(depth, dll):
            if depth:
                return inner(depth - 1, dll)
            dll.probe_stack(BUFFER, 65536); self.line = here()
            frame, expected = sys._getframe(0), []
            while frame:
                expected.append((frame.f_code.co_qualname, frame.f_code.co_filename, frame.f_lineno))
                frame = frame.f_back
            return expected
        for dll in self.both():
            for depth in (0, 1, 5, 20):
                expected = inner(depth, dll)
                got = [split(row)[:3] for row in BUFFER.value.decode().splitlines()]
                self.assertEqual(got[0][2], self.line)
                expected[0] = got[0]
                self.assertEqual(got, expected[:64])

    def test_deep_recursion_is_capped(self):
        def down(depth):
            if depth:
                return down(depth - 1)
            without_gil.probe_stack(BUFFER, 65536)
            stack = BUFFER.value.decode().splitlines()
            without_gil.probe_leaf(BUFFER, 65536)
            return stack, split(BUFFER.value.decode())
        stack, leaf = down(200)
        self.assertEqual(len(stack), 64)
        self.assertTrue(leaf[0].endswith("down"))

    def test_worker_threads_and_others_running(self):
        stop = threading.Event()
        wrong = []

        def burn():
            total = 0
            while not stop.is_set():
                total += sum(i for i in range(50))

        def work(number):
            buffer = ctypes.create_string_buffer(4096)
            for _ in range(300):
                without_gil.probe_leaf(buffer, 4096); line = here()
                got = split(buffer.value.decode())
                if got is None or got[2] != line or not got[0].endswith("work"):
                    wrong.append(got)
        burners = [threading.Thread(target=burn) for _ in range(2)]
        workers = [threading.Thread(target=work, args=(i,)) for i in range(4)]
        for thread in burners + workers:
            thread.start()
        for thread in workers:
            thread.join()
        stop.set()
        for thread in burners:
            thread.join()
        self.assertEqual(wrong, [])

    def test_generators_comprehensions_lambdas_and_coroutines(self):
        def leaf():
            without_gil.probe_leaf(BUFFER, 65536)
            return split(BUFFER.value.decode())

        def of(call):  # the frame that called leaf()
            without_gil.probe_stack(BUFFER, 65536)
            return split(BUFFER.value.decode().splitlines()[1])

        def generator():
            without_gil.probe_stack(BUFFER, 65536)
            yield BUFFER.value.decode().splitlines()
        rows = next(generator())
        self.assertIn("generator", split(rows[0])[0])
        self.assertIn("test_generators", split(rows[1])[0])

        rows = [without_gil.probe_stack(BUFFER, 65536) for _ in range(1)]
        line = here() - 1
        self.assertEqual(split(BUFFER.value.decode().splitlines()[0])[2], line)

        (lambda: without_gil.probe_leaf(BUFFER, 65536))()
        self.assertIn("<lambda>", split(BUFFER.value.decode())[0])

        async def coroutine():
            await asyncio.sleep(0)
            without_gil.probe_leaf(BUFFER, 65536)
        asyncio.run(coroutine())
        self.assertIn("coroutine", split(BUFFER.value.decode())[0])
        self.assertEqual(leaf()[0].split(".")[-1], "leaf")
        self.assertIn("test_generators", of(0)[0])

    def test_code_objects_freed_and_made_again(self):
        # The same name, file and first line, other lines: addresses get used again.
        for round_ in range(400):
            shift = round_ % 7
            source = "def f(call, buffer):\n" + "    pass\n" * shift + "    call(buffer, 65536)\n"
            scope = {}
            exec(compile(source, "<cell>", "exec"), scope)
            scope["f"](without_gil.probe_leaf, BUFFER)
            self.assertEqual(split(BUFFER.value.decode()), ("f", "<cell>", 2 + shift, "user"))
            del scope
            gc.collect() if round_ % 50 == 0 else None

    def test_same_name_and_line_in_another_file(self):
        for round_ in range(200):
            scope = {}
            exec(compile("def f(call, buffer): call(buffer, 65536)", "<cell %d>" % (round_ % 5), "exec"), scope)
            scope["f"](without_gil.probe_leaf, BUFFER)
            self.assertEqual(split(BUFFER.value.decode())[1], "<cell %d>" % (round_ % 5))

    def test_names_that_are_not_ascii(self):
        for name in ("größe", "длина", "速度", "𝒻astλ"):
            scope = {}
            exec("def %s(call, buffer): call(buffer, 65536)" % name, scope)
            (function,) = [value for key, value in scope.items() if callable(value)]
            function(without_gil.probe_leaf, BUFFER)
            self.assertEqual(split(BUFFER.value.decode())[0], function.__qualname__)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "mögliche_datei_速.py")
            with open(path, "w") as out:
                out.write("\n\ndef f(call, buffer):\n    call(buffer, 65536)\n")
            runpy.run_path(path)["f"](without_gil.probe_leaf, BUFFER)
            self.assertEqual(split(BUFFER.value.decode()), ("f", path, 4, "user"))

    def test_libraries_are_passed_over(self):
        # A library's function calls back into the probe: the leaf is the user's line that called it.
        with tempfile.TemporaryDirectory() as folder:
            package = os.path.join(folder, "lib", "python3.99", "site-packages", "lib.py")
            os.makedirs(os.path.dirname(package))
            with open(package, "w") as out:
                out.write("def a(call, *rest): return b(call, *rest)\ndef b(call, *rest): call(*rest)\n")
            a = runpy.run_path(package)["a"]
            a(without_gil.probe_leaf, BUFFER, 65536); line = here()
            self.assertEqual(split(BUFFER.value.decode())[2:], (line, "user"))
            a(without_gil.probe_stack, BUFFER, 65536)
            rows = [split(row) for row in BUFFER.value.decode().splitlines()]
            self.assertEqual([row[0] for row in rows[:2]], ["b", "a"])
            self.assertEqual([row[3] for row in rows[:3]], ["library", "library", "user"])
        # Only libraries below: the innermost frame.
        seen_buffer = ctypes.create_string_buffer(65536)
        worker = threading.Thread(target=a, args=(without_gil.probe_leaf, seen_buffer, 65536))
        worker.start()
        worker.join()
        self.assertEqual(split(seen_buffer.value.decode())[0], "b")

    def test_threads_without_python_have_no_frames(self):
        # A C thread that never ran Python.
        libc = ctypes.CDLL(None)
        handle = ctypes.c_ulong()
        worker = ctypes.cast(without_gil.probe_repeat_leaf, ctypes.c_void_p)
        before = without_gil.probe_definitions()
        self.assertEqual(libc.pthread_create(ctypes.byref(handle), None, worker, ctypes.c_void_p(100)), 0)
        libc.pthread_join(handle, None)
        self.assertEqual(without_gil.probe_definitions(), before)

    def test_one_place_is_defined_once(self):
        def loop():
            for _ in range(1000):
                without_gil.probe_repeat_leaf(1)
        loop()
        before = without_gil.probe_definitions()
        loop()
        self.assertEqual(without_gil.probe_definitions(), before)
        without_gil.probe_next_epoch()  # all ids of the thread were forgotten
        loop()
        self.assertEqual(without_gil.probe_definitions(), before + 1)

    def test_self_check(self):
        self.assertEqual(with_gil.probe_self_check(0), 1)
        self.assertEqual(with_gil.probe_self_check(1), 2)
        self.assertEqual(without_gil.probe_self_check(0), 0)
        was = gc.isenabled()
        with_gil.probe_self_check(0)
        self.assertEqual(gc.isenabled(), was)

    def test_says_its_version(self):
        buffer = ctypes.create_string_buffer(256)
        self.assertGreater(without_gil.probe_meta(b"python_version", buffer, 256), 0)
        self.assertTrue(sys.version.startswith(buffer.value.decode()))


class ZRefused(unittest.TestCase):  # runs last: it ends the walk for this process
    def test_refused_once(self):
        self.assertEqual(without_gil.probe_refusals(), 0)
        for _ in range(3):
            without_gil.probe_refuse(b"for the test")
        self.assertEqual(without_gil.probe_refusals(), 1)
        self.assertEqual(without_gil.probe_leaf(BUFFER, 65536), 4)
        self.assertEqual(BUFFER.value, b"none")
        self.assertEqual(without_gil.probe_stack(BUFFER, 65536), 0)


if __name__ == "__main__":
    without_gil.probe_leaf(BUFFER, 65536)
    unittest.main(verbosity=0)
