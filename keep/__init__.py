"""Backups that are whole or not there, and drills that restore them and measure what it takes."""
