//! Certificates of hosts: whether one vouches for a host.
