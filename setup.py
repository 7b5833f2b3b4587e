"""Builds the kernels where there is a C compiler; without one numpy or Python does their work.

All else stands in pyproject.toml.
"""

import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

KERNEL = "src/polyclinic/merge/kernel"
TEXT_KERNEL = "src/polyclinic/word_hashes/kernel"
RULE_KERNEL = "src/polyclinic/deidentify/kernel"
TAGGER_KERNEL = "src/polyclinic/deidentify/tagger/kernel"
# No contraction and no reassociation: every machine has to give the same bytes.
EXACT = [
    "-std=c99",
    "-O3",
    "-ffp-contract=off",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-fvisibility=default",
    "-g0",
]


class BuildKernel(build_ext):
    """Says clearly when the kernel could not be built; nothing else needs it."""

    def build_extension(self, ext: Extension) -> None:
        """Build it, or say what is missing."""
        try:
            super().build_extension(ext)
        except Exception as error:  # a compiler fails in many ways, and none of them may stop the installation
            self.warn(f"{ext.name} was not built ({error}); numpy or Python does its work: the same, more slowly")
            raise


setup(
    ext_modules=[
        Extension(
            "polyclinic.merge.kernel._compiled",
            [f"{KERNEL}/kernel.c"],
            depends=[f"{KERNEL}/{name}.h" for name in ("kernel", "loops", "numbers", "merging", "counting", "rows")],
            extra_compile_args=EXACT,
            optional=True,
        ),
        Extension(
            "polyclinic.word_hashes.kernel._compiled",
            [f"{TEXT_KERNEL}/kernel.c"],
            depends=[f"{TEXT_KERNEL}/loops.h"],
            extra_compile_args=EXACT,
            optional=True,
        ),
        Extension(
            "polyclinic.deidentify.kernel._compiled",
            [f"{RULE_KERNEL}/kernel.c"],
            depends=[f"{RULE_KERNEL}/{name}.h" for name in ("kernel", "scan")],
            extra_compile_args=EXACT,
            optional=True,
        ),
        Extension(
            "polyclinic.deidentify.tagger.kernel._compiled",
            [f"{TAGGER_KERNEL}/kernel.c"],
            depends=[f"{TAGGER_KERNEL}/{name}.h" for name in ("kernel", "tokens", "features", "training")],
            extra_compile_args=EXACT,
            libraries=[] if sys.platform == "win32" else ["m"],
            optional=True,
        ),
    ],
    cmdclass={"build_ext": BuildKernel},
)
