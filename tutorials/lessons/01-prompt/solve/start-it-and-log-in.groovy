vm0.login()
