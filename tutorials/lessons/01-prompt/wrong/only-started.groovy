vm0.start()
