//! What ld.so does, as pure reads.
