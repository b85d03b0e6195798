//! Kills, full disks, read-only disks, damage.

mod damage;
mod disk;
mod imports;
mod kills;
