/** Where services keep their buckets: what is asked of them, and the place as people know it. */
type Regions = Readonly<Record<string, string>>;

export const amazon: Regions = {
  "us-east-1": "N. Virginia",
  "us-east-2": "Ohio",
  "us-west-1": "N. California",
  "us-west-2": "Oregon",
  "ca-central-1": "Canada, Montreal",
  "ca-west-1": "Canada, Calgary",
  "eu-central-1": "Frankfurt",
  "eu-central-2": "Zurich",
  "eu-west-1": "Ireland",
  "eu-west-2": "London",
  "eu-west-3": "Paris",
  "eu-north-1": "Stockholm",
  "eu-south-1": "Milan",
  "eu-south-2": "Spain",
  "ap-northeast-1": "Tokyo",
  "ap-northeast-2": "Seoul",
  "ap-northeast-3": "Osaka",
  "ap-southeast-1": "Singapore",
  "ap-southeast-2": "Sydney",
  "ap-southeast-3": "Jakarta",
  "ap-southeast-4": "Melbourne",
  "ap-southeast-5": "Malaysia",
  "ap-southeast-7": "Thailand",
  "ap-south-1": "Mumbai",
  "ap-south-2": "Hyderabad",
  "ap-east-1": "Hong Kong",
  "ap-east-2": "Taipei",
  "me-south-1": "Bahrain",
  "me-central-1": "UAE",
  "il-central-1": "Tel Aviv",
  "af-south-1": "Cape Town",
  "sa-east-1": "São Paulo",
  "mx-central-1": "Mexico",
  "cn-north-1": "China, Beijing",
  "cn-northwest-1": "China, Ningxia",
  "us-gov-east-1": "GovCloud East",
  "us-gov-west-1": "GovCloud West",
};

export const backblaze: Regions = {
  "us-west-001": "US West",
  "us-west-002": "US West",
  "us-west-004": "US West",
  "us-east-005": "US East",
  "eu-central-003": "Amsterdam",
  "ca-east-006": "Toronto",
};

export const wasabi: Regions = {
  "us-east-1": "N. Virginia",
  "us-east-2": "N. Virginia",
  "us-central-1": "Texas",
  "us-west-1": "Oregon",
  "us-west-2": "San Jose",
  "ca-central-1": "Toronto",
  "eu-central-1": "Amsterdam",
  "eu-central-2": "Frankfurt",
  "eu-west-1": "London",
  "eu-west-2": "Paris",
  "eu-west-3": "London",
  "eu-south-1": "Milan",
  "ap-northeast-1": "Tokyo",
  "ap-northeast-2": "Osaka",
  "ap-southeast-1": "Singapore",
  "ap-southeast-2": "Sydney",
};

export const digitalOcean: Regions = {
  nyc3: "New York",
  sfo2: "San Francisco",
  sfo3: "San Francisco",
  tor1: "Toronto",
  ams3: "Amsterdam",
  fra1: "Frankfurt",
  lon1: "London",
  sgp1: "Singapore",
  blr1: "Bangalore",
  syd1: "Sydney",
};

export const hetzner: Regions = { fsn1: "Falkenstein", nbg1: "Nuremberg", hel1: "Helsinki" };

export const scaleway: Regions = { "fr-par": "Paris", "nl-ams": "Amsterdam", "pl-waw": "Warsaw" };

export const ovh: Regions = {
  gra: "Gravelines",
  rbx: "Roubaix",
  sbg: "Strasbourg",
  "eu-west-par": "Paris",
  "eu-south-mil": "Milan",
  de: "Frankfurt",
  uk: "London",
  waw: "Warsaw",
  bhs: "Beauharnois",
  "ca-east-tor": "Toronto",
  sgp: "Singapore",
  "ap-southeast-syd": "Sydney",
  "ap-south-mum": "Mumbai",
  "us-east-va": "Virginia",
  "us-west-or": "Oregon",
  "rbx-archive": "Roubaix, cold archive",
};

export const idrive: Regions = {
  "us-west-1": "Oregon",
  "us-west-2": "Los Angeles",
  "us-west-3": "San Jose",
  "us-southwest-1": "Phoenix",
  "us-midwest-1": "Chicago",
  "us-central-1": "Dallas",
  "us-east-1": "Virginia",
  "us-southeast-1": "Miami",
  "ca-east-1": "Montreal",
  "eu-west-1": "Dublin",
  "eu-west-2": "Paris",
  "eu-west-3": "London",
  "eu-west-4": "London",
  "eu-central-1": "Frankfurt",
  "eu-central-2": "Frankfurt",
};

export const linode: Regions = {
  "us-east-1": "Newark",
  "us-southeast-1": "Atlanta",
  "us-iad-1": "Washington",
  "us-ord-1": "Chicago",
  "us-lax-1": "Los Angeles",
  "us-mia-1": "Miami",
  "us-sea-1": "Seattle",
  "us-iad-18": "Washington (E3)",
  "eu-central-1": "Frankfurt",
  "de-fra-1": "Frankfurt (E3)",
  "fr-par-1": "Paris",
  "gb-lon-1": "London (E3)",
  "nl-ams-1": "Amsterdam",
  "it-mil-1": "Milan",
  "es-mad-1": "Madrid",
  "se-sto-1": "Stockholm",
  "ap-south-1": "Singapore",
  "sg-sin-1": "Singapore (E3)",
  "in-maa-1": "Chennai",
  "id-cgk-1": "Jakarta",
  "jp-osa-1": "Osaka",
  "br-gru-1": "São Paulo",
};

export const vultr: Regions = {
  ewr1: "New Jersey",
  sjc1: "Silicon Valley",
  ams1: "Amsterdam",
  blr1: "Bangalore",
  del1: "Delhi",
  sgp1: "Singapore",
};

export const oracle: Regions = {
  "us-ashburn-1": "Ashburn",
  "us-phoenix-1": "Phoenix",
  "us-sanjose-1": "San Jose",
  "ca-toronto-1": "Toronto",
  "eu-frankfurt-1": "Frankfurt",
  "eu-amsterdam-1": "Amsterdam",
  "eu-zurich-1": "Zurich",
  "eu-stockholm-1": "Stockholm",
  "uk-london-1": "London",
  "ap-tokyo-1": "Tokyo",
  "ap-singapore-1": "Singapore",
  "ap-sydney-1": "Sydney",
  "ap-mumbai-1": "Mumbai",
  "sa-saopaulo-1": "São Paulo",
};

export const ibm: Regions = {
  us: "US, several places",
  eu: "EU, several places",
  ap: "Asia and Pacific, several places",
  "us-east": "Washington",
  "us-south": "Dallas",
  "eu-de": "Frankfurt",
  "eu-gb": "London",
  "eu-es": "Madrid",
  "jp-tok": "Tokyo",
  "jp-osa": "Osaka",
  "au-syd": "Sydney",
  "ca-tor": "Toronto",
  "br-sao": "São Paulo",
  ams03: "Amsterdam",
  sng01: "Singapore",
};

export const synology: Regions = {
  "eu-001": "Frankfurt",
  "eu-002": "Frankfurt",
  "eu-003": "Frankfurt",
  "eu-004": "Frankfurt",
  "us-001": "Seattle",
  "us-002": "Seattle",
  "us-003": "Seattle",
  "tw-001": "Taiwan",
};

export const aliyun: Regions = {
  "cn-hangzhou": "Hangzhou",
  "cn-shanghai": "Shanghai",
  "cn-qingdao": "Qingdao",
  "cn-beijing": "Beijing",
  "cn-zhangjiakou": "Zhangjiakou",
  "cn-huhehaote": "Hohhot",
  "cn-wulanchabu": "Ulanqab",
  "cn-shenzhen": "Shenzhen",
  "cn-heyuan": "Heyuan",
  "cn-guangzhou": "Guangzhou",
  "cn-chengdu": "Chengdu",
  "cn-hongkong": "Hong Kong",
  "us-west-1": "Silicon Valley",
  "us-east-1": "Virginia",
  "ap-southeast-1": "Singapore",
  "ap-southeast-2": "Sydney",
  "ap-southeast-3": "Kuala Lumpur",
  "ap-southeast-5": "Jakarta",
  "ap-northeast-1": "Tokyo",
  "ap-south-1": "Mumbai",
  "eu-central-1": "Frankfurt",
  "eu-west-1": "London",
  "me-east-1": "Dubai",
};

export const tencent: Regions = {
  "ap-beijing": "Beijing",
  "ap-nanjing": "Nanjing",
  "ap-shanghai": "Shanghai",
  "ap-guangzhou": "Guangzhou",
  "ap-chengdu": "Chengdu",
  "ap-chongqing": "Chongqing",
  "ap-hongkong": "Hong Kong",
  "ap-singapore": "Singapore",
  "ap-mumbai": "Mumbai",
  "ap-seoul": "Seoul",
  "ap-bangkok": "Bangkok",
  "ap-tokyo": "Tokyo",
  "na-siliconvalley": "Silicon Valley",
  "na-ashburn": "Virginia",
  "na-toronto": "Toronto",
  "eu-frankfurt": "Frankfurt",
  "eu-moscow": "Moscow",
};

export const huawei: Regions = {
  "cn-north-4": "Beijing 4",
  "cn-north-1": "Beijing 1",
  "cn-east-3": "Shanghai 1",
  "cn-east-2": "Shanghai 2",
  "cn-south-1": "Guangzhou",
  "ap-southeast-1": "Hong Kong",
  "ap-southeast-2": "Bangkok",
  "ap-southeast-3": "Singapore",
  "af-south-1": "Johannesburg",
  "na-mexico-1": "Mexico City",
  "sa-argentina-1": "Buenos Aires",
  "sa-brazil-1": "São Paulo",
  "sa-chile-1": "Santiago",
  "sa-peru-1": "Lima",
  "ru-northwest-2": "Moscow",
};

export const qiniu: Regions = {
  "cn-east-1": "Zhejiang",
  "cn-east-2": "Zhejiang 2",
  "cn-north-1": "Hebei",
  "cn-south-1": "Guangdong",
  "us-north-1": "North America",
  "ap-southeast-1": "Singapore",
  "ap-southeast-2": "Hanoi",
  "ap-southeast-3": "Ho Chi Minh City",
  "ap-northeast-1": "Seoul",
};

export const kingsoft: Regions = {
  BEIJING: "Beijing",
  SHANGHAI: "Shanghai",
  GUANGZHOU: "Guangzhou",
};

export const baidu: Regions = {
  bj: "Beijing",
  gz: "Guangzhou",
  su: "Suzhou",
  bd: "Baoding",
  fwh: "Wuhan, without encryption on the way",
  hkg: "Hong Kong, without encryption on the way",
};

export const jd: Regions = {
  "cn-north-1": "Beijing",
  "cn-south-1": "Guangzhou",
  "cn-east-1": "Suqian",
  "cn-east-2": "Shanghai",
};

export const qingcloud: Regions = {
  pek3a: "Beijing 3A",
  pek3b: "Beijing 3B",
  sh1a: "Shanghai 1A",
  gd2: "Guangdong 2",
};

export const ucloud: Regions = {
  "cn-bj": "Beijing 2",
  "cn-wlcb": "Ulanqab",
  "cn-sh2": "Shanghai",
  "cn-gd": "Guangzhou",
  hk: "Hong Kong",
  sg: "Singapore",
  "us-ca": "Los Angeles",
  "us-ws": "Washington",
  "jpn-tky": "Tokyo",
  "kr-seoul": "Seoul",
  "ge-fra": "Frankfurt",
  "uk-london": "London",
};

export const mega: Regions = {
  "eu-amsterdam-1": "Amsterdam",
  "eu-amsterdam-2": "Amsterdam",
  "eu-luxembourg-1": "Luxembourg",
  "eu-luxembourg-2": "Luxembourg",
  "eu-paris-1": "Paris",
  "eu-paris-2": "Paris",
  "eu-barcelona-1": "Barcelona",
  "eu-barcelona-2": "Barcelona",
  "ca-montreal-1": "Montreal",
  "ca-montreal-2": "Montreal",
  "ca-vancouver-1": "Vancouver",
  "ca-vancouver-2": "Vancouver",
  "ap-tokyo-1": "Tokyo",
  "ap-tokyo-2": "Tokyo",
};
