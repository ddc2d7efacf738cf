vm0.sh('date > /tmp/note; uname -r >> /tmp/note')
