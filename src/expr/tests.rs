//! Expressions on memory, registers and tables.

use super::test_host::TestHost;
