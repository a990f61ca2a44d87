//! Types, values and how they are shown.
