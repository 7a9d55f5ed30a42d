"""The substrate that deploys the same program on this computer: PostgreSQL, Valkey and an AWS emulator on loopback."""
