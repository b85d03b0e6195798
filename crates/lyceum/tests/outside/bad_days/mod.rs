//! Kills, full disks, read-only disks.
