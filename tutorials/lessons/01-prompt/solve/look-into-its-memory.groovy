banner = vm0.memory.find('Linux version').addresses()[0]
