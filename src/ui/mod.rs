//! How output is written.
