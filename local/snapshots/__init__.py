"""Named snapshots of a whole tier: both engines and the emulator, of one moment, taken and brought back in seconds."""
