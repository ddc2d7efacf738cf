vm0.pause()
