//! Flags and values of calls about sockets, by name, in the order in which strace lists them (asm/*.h, linux/*.h).

use crate::syscall::set::Set;

/// socket(2)
#[rustfmt::skip]
pub static DOMAINS: Set = Set::new("AF_???", &[
    (0, "AF_UNSPEC"), (1, "AF_UNIX"), (2, "AF_INET"), (3, "AF_AX25"), (4, "AF_IPX"), (5, "AF_APPLETALK"), (6, "AF_NETROM"),
    (7, "AF_BRIDGE"), (8, "AF_ATMPVC"), (9, "AF_X25"), (0xa, "AF_INET6"), (0xb, "AF_ROSE"), (0xc, "AF_DECnet"),
    (0xd, "AF_NETBEUI"), (0xe, "AF_SECURITY"), (0xf, "AF_KEY"), (0x10, "AF_NETLINK"), (0x11, "AF_PACKET"), (0x12, "AF_ASH"),
    (0x13, "AF_ECONET"), (0x14, "AF_ATMSVC"), (0x15, "AF_RDS"), (0x16, "AF_SNA"), (0x17, "AF_IRDA"), (0x18, "AF_PPPOX"),
    (0x19, "AF_WANPIPE"), (0x1a, "AF_LLC"), (0x1b, "AF_IB"), (0x1c, "AF_MPLS"), (0x1d, "AF_CAN"), (0x1e, "AF_TIPC"),
    (0x1f, "AF_BLUETOOTH"), (0x20, "AF_IUCV"), (0x21, "AF_RXRPC"), (0x22, "AF_ISDN"), (0x23, "AF_PHONET"),
    (0x24, "AF_IEEE802154"), (0x25, "AF_CAIF"), (0x26, "AF_ALG"), (0x27, "AF_NFC"), (0x28, "AF_VSOCK"), (0x29, "AF_KCM"),
    (0x2a, "AF_QIPCRTR"), (0x2b, "AF_SMC"), (0x2c, "AF_XDP"),
]);
/// socket(2)
#[rustfmt::skip]
pub static SOCK_TYPES: Set = Set::new("SOCK_???", &[
    (1, "SOCK_STREAM"), (2, "SOCK_DGRAM"), (3, "SOCK_RAW"), (4, "SOCK_RDM"), (5, "SOCK_SEQPACKET"), (6, "SOCK_DCCP"),
    (0xa, "SOCK_PACKET"),
]);
/// socket(2)
#[rustfmt::skip]
pub static SOCK_FLAGS: Set = Set::new("SOCK_???", &[
    (0x80000, "SOCK_CLOEXEC"), (0x800, "SOCK_NONBLOCK"),
]);
/// ip(7)
#[rustfmt::skip]
pub static INET_PROTOCOLS: Set = Set::new("IPPROTO_???", &[
    (0, "IPPROTO_IP"), (1, "IPPROTO_ICMP"), (2, "IPPROTO_IGMP"), (4, "IPPROTO_IPIP"), (6, "IPPROTO_TCP"),
    (8, "IPPROTO_EGP"), (0xc, "IPPROTO_PUP"), (0x11, "IPPROTO_UDP"), (0x16, "IPPROTO_IDP"), (0x1d, "IPPROTO_TP"),
    (0x21, "IPPROTO_DCCP"), (0x29, "IPPROTO_IPV6"), (0x2e, "IPPROTO_RSVP"), (0x2f, "IPPROTO_GRE"), (0x32, "IPPROTO_ESP"),
    (0x33, "IPPROTO_AH"), (0x5c, "IPPROTO_MTP"), (0x5e, "IPPROTO_BEETPH"), (0x62, "IPPROTO_ENCAP"), (0x67, "IPPROTO_PIM"),
    (0x6c, "IPPROTO_COMP"), (0x84, "IPPROTO_SCTP"), (0x88, "IPPROTO_UDPLITE"), (0x89, "IPPROTO_MPLS"), (0xff, "IPPROTO_RAW"),
]);
/// netlink(7)
#[rustfmt::skip]
pub static NETLINK_PROTOCOLS: Set = Set::new("NETLINK_???", &[
    (0, "NETLINK_ROUTE"), (2, "NETLINK_USERSOCK"), (3, "NETLINK_FIREWALL"), (4, "NETLINK_SOCK_DIAG"), (5, "NETLINK_NFLOG"),
    (6, "NETLINK_XFRM"), (7, "NETLINK_SELINUX"), (8, "NETLINK_ISCSI"), (9, "NETLINK_AUDIT"), (0xa, "NETLINK_FIB_LOOKUP"),
    (0xb, "NETLINK_CONNECTOR"), (0xc, "NETLINK_NETFILTER"), (0xd, "NETLINK_IP6_FW"), (0xe, "NETLINK_DNRTMSG"),
    (0xf, "NETLINK_KOBJECT_UEVENT"), (0x10, "NETLINK_GENERIC"), (0x12, "NETLINK_SCSITRANSPORT"), (0x13, "NETLINK_ECRYPTFS"),
    (0x14, "NETLINK_RDMA"), (0x15, "NETLINK_CRYPTO"), (0x16, "NETLINK_SMC"),
]);
/// send(2)
#[rustfmt::skip]
pub static MSG_FLAGS: Set = Set::new("MSG_???", &[
    (1, "MSG_OOB"), (2, "MSG_PEEK"), (4, "MSG_DONTROUTE"), (8, "MSG_CTRUNC"), (0x10, "MSG_PROXY"), (0x20, "MSG_TRUNC"),
    (0x40, "MSG_DONTWAIT"), (0x80, "MSG_EOR"), (0x100, "MSG_WAITALL"), (0x200, "MSG_FIN"), (0x400, "MSG_SYN"),
    (0x800, "MSG_CONFIRM"), (0x1000, "MSG_RST"), (0x2000, "MSG_ERRQUEUE"), (0x4000, "MSG_NOSIGNAL"), (0x8000, "MSG_MORE"),
    (0x10000, "MSG_WAITFORONE"), (0x40000, "MSG_BATCH"), (0x4000000, "MSG_ZEROCOPY"), (0x20000000, "MSG_FASTOPEN"),
    (0x40000000, "MSG_CMSG_CLOEXEC"),
]);
/// shutdown(2)
#[rustfmt::skip]
pub static SHUT: Set = Set::new("SHUT_???", &[
    (0, "SHUT_RD"), (1, "SHUT_WR"), (2, "SHUT_RDWR"),
]);
/// setsockopt(2)
#[rustfmt::skip]
pub static SOCKET_LEVELS: Set = Set::new("SOL_???", &[
    (0, "SOL_IP"), (1, "SOL_SOCKET"), (6, "SOL_TCP"), (0x11, "SOL_UDP"), (0x29, "SOL_IPV6"), (0x3a, "SOL_ICMPV6"),
    (0xff, "SOL_RAW"), (0x107, "SOL_PACKET"), (0x10e, "SOL_NETLINK"),
]);
/// socket(7)
#[rustfmt::skip]
pub static SO_OPTIONS: Set = Set::new("SO_???", &[
    (1, "SO_DEBUG"), (2, "SO_REUSEADDR"), (3, "SO_TYPE"), (4, "SO_ERROR"), (5, "SO_DONTROUTE"), (6, "SO_BROADCAST"),
    (7, "SO_SNDBUF"), (8, "SO_RCVBUF"), (9, "SO_KEEPALIVE"), (0xa, "SO_OOBINLINE"), (0xb, "SO_NO_CHECK"),
    (0xc, "SO_PRIORITY"), (0xd, "SO_LINGER"), (0xe, "SO_BSDCOMPAT"), (0xf, "SO_REUSEPORT"), (0x10, "SO_PASSCRED"),
    (0x11, "SO_PEERCRED"), (0x12, "SO_RCVLOWAT"), (0x13, "SO_SNDLOWAT"), (0x14, "SO_RCVTIMEO_OLD"),
    (0x15, "SO_SNDTIMEO_OLD"), (0x19, "SO_BINDTODEVICE"), (0x1a, "SO_ATTACH_FILTER"), (0x1b, "SO_DETACH_FILTER"),
    (0x1c, "SO_PEERNAME"), (0x1d, "SO_TIMESTAMP_OLD"), (0x1e, "SO_ACCEPTCONN"), (0x1f, "SO_PEERSEC"),
    (0x20, "SO_SNDBUFFORCE"), (0x21, "SO_RCVBUFFORCE"), (0x22, "SO_PASSSEC"), (0x23, "SO_TIMESTAMPNS_OLD"),
    (0x24, "SO_MARK"), (0x25, "SO_TIMESTAMPING_OLD"), (0x26, "SO_PROTOCOL"), (0x27, "SO_DOMAIN"), (0x28, "SO_RXQ_OVFL"),
    (0x2a, "SO_PEEK_OFF"), (0x2b, "SO_NOFCS"), (0x2e, "SO_BUSY_POLL"), (0x31, "SO_INCOMING_CPU"), (0x39, "SO_COOKIE"),
    (0x3b, "SO_PEERGROUPS"), (0x3c, "SO_ZEROCOPY"),
]);
/// tcp(7)
#[rustfmt::skip]
pub static TCP_OPTIONS: Set = Set::new("TCP_???", &[
    (1, "TCP_NODELAY"), (2, "TCP_MAXSEG"), (3, "TCP_CORK"), (4, "TCP_KEEPIDLE"), (5, "TCP_KEEPINTVL"), (6, "TCP_KEEPCNT"),
    (7, "TCP_SYNCNT"), (8, "TCP_LINGER2"), (9, "TCP_DEFER_ACCEPT"), (0xa, "TCP_WINDOW_CLAMP"), (0xb, "TCP_INFO"),
    (0xc, "TCP_QUICKACK"), (0xd, "TCP_CONGESTION"), (0x12, "TCP_USER_TIMEOUT"), (0x17, "TCP_FASTOPEN"),
]);
