//! The prompt and scripts.
