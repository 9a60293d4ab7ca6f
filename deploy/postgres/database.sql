-- One service's database (CREATE DATABASE ran before). Its login owns it; nobody else may enter.
REVOKE ALL ON DATABASE {database} FROM PUBLIC;
ALTER DATABASE {database} OWNER TO {login};
ALTER DATABASE {database} SET timezone TO 'UTC';
