# Doubles until the limit, in sessions of its own, and never ends by itself: only for a uid of its own.
ulimit -u 80
bomb() { while :; do bomb & done 2>/dev/null; }
bomb
