"""The door before the AWS emulator: it answers whoever signs with the tier's key, and writes down what it promised."""
