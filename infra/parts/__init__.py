"""The parts of a stack as its program makes them: foundation, servers, functions, watch, extras, outputs."""
