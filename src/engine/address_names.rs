//! Where modules and other named regions lie, for addresses that are to be written relative to them.

use std::cell::RefCell;
use std::rc::Rc;

use crate::base::{AddrRange, VirtAddr};

use super::inferior::Inferior;

/// Regions and their names (`set stable-addresses`). Empty while addresses are written as they are.
#[derive(Clone, Default, Debug)]
pub struct AddressNames {
    /// Range, name, and the address that is offset 0.
    regions: Vec<(AddrRange, String, VirtAddr)>,
}

impl AddressNames {
    /// The modules of an inferior, and what the kernel has a name for in its process.
    pub(super) fn of(inferior: &Inferior) -> AddressNames {
        let mut regions = Vec::new();
        for module in inferior.modules.iter() {
            let zero = VirtAddr(module.bias.0);
            regions.extend(module.ranges().into_iter().map(|range| (range, module.name.clone(), zero)));
        }
        let maps = inferior.process.as_ref().and_then(|p| p.target.maps().ok()).unwrap_or_default();
        let named = maps.mappings.into_iter().filter(|m| m.name.starts_with('['));
        regions.extend(named.map(|m| (m.range, m.name, m.range.start)));
        AddressNames { regions }
    }

    /// Whether there is nothing to name.
    pub fn is_empty(&self) -> bool {
        self.regions.is_empty()
    }

    /// `libc.so.6+0x77980`: the offset is the link-time address, which readelf and objdump show; `[stack]+0x1f720` counts from
    /// the region's start.
    pub fn name(&self, addr: VirtAddr) -> Option<String> {
        let (_, name, zero) = self.regions.iter().find(|(range, ..)| range.contains(addr))?;
        Some(format!("{name}+{:#x}", addr - *zero))
    }
}

/// The names as whoever writes output shares them.
pub type SharedNames = Rc<RefCell<AddressNames>>;
