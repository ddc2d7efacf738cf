vm0.stop()
