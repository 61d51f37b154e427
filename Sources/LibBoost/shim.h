// Carries only the compiler and linker flags of its .pc file; there is no C interface to import here.
