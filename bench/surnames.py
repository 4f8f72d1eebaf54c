"""Family names beyond the short lists of the demo, by naming tradition.

A city of half a million does not live on seven surnames. Some traditions share a few (Khan, Singh, Begum),
most have a long tail; in England and Wales the commonest surname has about 1.2% of people, and two people
drawn at random share one about six times in ten thousand (counted from the head of the published lists of
the 1998 register, our sum). Where a language makes surnames by rule, so do the stems and endings here.
"""

# ruff: noqa: E501
from __future__ import annotations

_LISTS = {
    "british": """Adams Allen Anderson Armstrong Atkinson Austin Bailey Baker Ball Barker Barnes Barrett Bates Bell Bennett Berry Bird
Bishop Black Booth Bradley Brookes Bull Burgess Burns Burton Butler Carr Carter Chambers Chapman Clark Cole Coleman Collins Cook
Cox Crawford Cross Curtis Davidson Davis Dawson Day Dean Dixon Douglas Duncan Elliott Ellis Evans Fisher Fleming Fletcher Ford
Foster Fox Francis Fraser Freeman French Frost Gardner George Gibbs Gibson Gilbert Goodwin Gordon Graham Grant Gray Gregory
Griffin Griffiths Hamilton Harding Harper Harrison Hart Harvey Hayes Henderson Henry Hewitt Higgins Hill Hodgson Holland Holmes
Howard Howells Hudson Hunt Hunter Hutchinson Ingram Jackson James Jarvis Jenkins Jennings Johnston Jordan Kay Kaye Kemp Kent King
Knight Knowles Lambert Lane Lawrence Lawson Lee Lloyd Long Lowe Lucas Marsh Marshall Mason Matthews May Mellor Miles Miller
Mills Mitchell Moore Moran Morgan Morley Morris Morrison Moss Murray Nash Neal Nelson Newman Newton Nicholls Nixon Norman North
Oliver Osborne Owen Page Palmer Parker Parry Parsons Payne Pearce Pearson Perry Peters Phillips Pickering Poole Porter Potter
Powell Pratt Preston Price Pritchard Rees Reeves Reid Reynolds Rhodes Richards Richardson Riley Roberts Robertson Rogers Rose
Ross Rowe Russell Ryan Sanders Saunders Savage Scott Sharp Shaw Shepherd Simmons Simpson Slater Smart Spencer Stephens Stephenson
Stevens Stevenson Stewart Stone Stokes Sutton Tate Thomas Thomson Thornton Todd Townsend Tucker Tyler Vaughan Wade Wallace Wallis
Walters Walton Ward Warner Warren Waters Watkins Watson Watts Webb Webster Wells West Weston Wheeler Whitehead Wilkins Wilkinson
Williams Williamson Willis Winter Woodward Wyatt Yates York Young""",
    "irish": """Ahern Barry Boland Boyle Brady Breen Brennan Buckley Burke Cahill Callaghan Carroll Casey Cassidy Clancy Cleary Coffey
Collins Conlon Connolly Conroy Conway Corcoran Costello Coyle Cronin Crowley Cullen Curran Daly Devlin Dillon Dolan Donnelly Donovan
Dooley Dowd Duffy Dunne Egan Fagan Fahy Farrell Finnegan Fitzgerald Fitzpatrick Flanagan Flynn Foley Gaffney Galvin Geraghty Gleeson
Grady Griffin Hanlon Hannon Harrington Hayes Healy Hegarty Hennessy Hickey Higgins Hogan Horan Hughes Hurley Joyce Kavanagh Keane
Kearney Keating Keegan Keenan Kenny Kiely Kiernan Kinsella Lacey Larkin Leahy Leary Lennon Looney Loughlin Lyons Madden Maguire Mahon
Mahony Malone Maloney McCabe McCann McCormack McDermott McDonnell McGowan McGrath McGuinness McKenna McMahon McManus McNamara Molloy
Monaghan Mooney Moran Moriarty Morrissey Mulligan Murtagh Nolan Noonan Nugent O'Callaghan O'Donnell O'Donoghue O'Dwyer O'Grady O'Keeffe
O'Leary O'Mahony O'Reilly O'Rourke O'Shea O'Toole Phelan Power Prendergast Quinlan Quinn Rafferty Redmond Regan Reilly Roche Rooney
Scanlon Shanahan Sheehan Sheridan Slattery Sweeney Tierney Tobin Treacy Tuohy Twomey Tynan Wall Walsh Whelan""",
    "traveller": """Coffey Collins Corcoran Donovan Driscoll Faulkner Flynn Furey Gavin Gavan Hanrahan Harty Keenan Lawrence Lovell
McCarthy McDonnell McGinley McInerney Mongan Moorhouse Mulligan Nevin O'Brien O'Driscoll O'Leary O'Reilly Purcell Quilligan Quinn
Rooney Sheridan Sweeney Wall""",
    "romanian": """Albu Balan Barbu Bucur Calin Chiriac Coman Constantin Cozma Craciun Cretu Cristea David Diaconu Dobre Dragan Dragomir
Enache Filip Florea Ghita Grosu Iacob Ilie Ion Ivan Lazar Lungu Lupu Manea Manole Mihai Mihalache Mirea Mocanu Moldovan Muresan
Nedelcu Negrea Neagu Nica Nistor Olaru Oprea Paraschiv Pascu Pavel Preda Puscasu Rosca Rotaru Sandu Sava Serban Sima Sirbu Suciu Tanase
Toma Ursu Vasile Vlad Voicu Zamfir""",
    "pakistani": """Abbas Abbasi Afzal Akbar Akram Alam Amin Amjad Anjum Anwar Arif Ashraf Aslam Asghar Awan Aziz Bashir Bhatti Bokhari
Dar Farooq Fazal Gul Habib Haider Hameed Hanif Haq Hashmi Hayat Ikram Imran Ishaq Ismail Jabeen Jamil Janjua Javed Kausar Kayani
Khalid Khaliq Khatoon Kiani Latif Majeed Mehmood Mir Mughal Munir Mushtaq Nadeem Naqvi Naseem Nawaz Nazir Niazi Parveen Parvez Pervaiz
Qadir Qasim Rafiq Rana Rashid Rasool Rauf Razaq Rehman Riaz Sabir Sadiq Saeed Saleem Sarwar Satti Shabir Shafi Shaheen Shahid Shaikh
Shakoor Sharif Sheikh Siddique Siddiqui Sultan Tahir Tariq Usman Waheed Wahid Yaqoob Yasin Yousaf Younis Zafar Zaman Zia""",
    "bangladeshi": """Abedin Ahad Ahmed Alam Alom Amin Aziz Azad Bari Bhuiyan Chowdhury Das Haque Hussain Ismail Jahan Kabir Kalam Karim
Khan Khanom Kibria Latif Mahmud Malik Mannan Matin Mia Mohammed Monir Mukit Nahar Nessa Noor Paul Quddus Rob Roy Sarkar Sattar
Shah Sheikh Siddika Sultana Talukdar Tarafder Ullah Wahid Zaman""",
    "indian": """Agarwal Ahluwalia Arora Babu Bains Bajwa Bal Banerjee Basra Bassi Bhambra Bhatia Bhogal Chahal Chana Chatterjee Chauhan
Chohan Chopra Das Dave Deo Deol Dhaliwal Dhanda Dhami Dosanjh Garcha Ghosh Gosal Grewal Gupta Hayer Hothi Iyer Jain Johal Joshi Kapoor
Khanna Khera Kooner Kumar Lal Lall Mahal Mann Matharu Mehta Menon Modi Mukherjee Nagra Nair Nijjar Padda Pandya Parekh Parmar Pillai
Pujara Purewal Rai Raj Rao Reddy Sahota Saini Sangha Sen Shah Shergill Shukla Sidhu Sodhi Solanki Soni Suri Takhar Tank Thakkar
Thind Trivedi Uppal Varma Verma Virdee Virk Vyas Wadhwa""",
    "somali": """Abdalla Abdullahi Abshir Adan Ahmed Barre Bile Dualeh Egal Elmi Gedi Guled Guleed Haji Hersi Hirsi Hussein Ibrahim Ismail
Jibril Kahin Khalif Mahamed Mohamud Mumin Muse Noor Osman Robleh Said Salad Samatar Sharif Sheikh Shire Warfa""",
    "nigerian": """Abiodun Abubakar Achebe Adamu Adegoke Adekunle Adeleke Adeniyi Adeola Aderibigbe Adesina Agbaje Agu Ajayi Akande
Akinola Akpan Alabi Aliyu Amadi Anyanwu Asuquo Azikiwe Babatunde Bakare Chukwu Danjuma Dike Ebong Effiong Egwu Ekpo Emeka Essien Etim
Ezeani Fashola Garba Ibe Ibrahim Idowu Igwe Ihejirika Ike Ikechukwu Inyang Iwu Madu Mbah Momoh Musa Nnaji Nnamdi Nwachukwu Nwankwo
Obasi Obiora Odili Ogbonna Oguntade Ojo Okeke Okereke Okoli Okon Okoro Okoye Oladipo Olaniyan Olatunji Oluwole Onu Onyeka Opara Orji
Osagie Osei Oyedele Oyelaran Sani Soyinka Suleiman Udo Ugwu Umar Umeh Usman Uzor Williams Yakubu""",
    "ghanaian": """Abban Abbey Acheampong Addo Adjei Adomako Afriyie Agbenu Aidoo Akoto Akuffo Amankwah Amoah Amoako Ampofo Aning Annan
Ansah Antwi Appau Arthur Asamoah Asiedu Attah Awuah Ayew Baah Badu Baffour Banahene Boadi Boakye Bonsu Botchwey Brobbey Danquah Darko
Dartey Debrah Dodoo Donkor Duah Essien Frimpong Fosu Gyamfi Gyan Kuffour Kumi Kwarteng Kyei Lamptey Larbi Manu Marfo Nkansah Nkrumah
Nyarko Obeng Ofori Opoku Oppong Poku Prempeh Quaye Quansah Sackey Sarfo Sarpong Tagoe Takyi Tetteh Twum Wiredu Yeboah""",
    "caribbean": """Alexander Allen Anderson Archer Barrett Beckford Bennett Bernard Blackwood Bogle Brathwaite Brown Bryan Burrell Byfield
Chambers Charles Christie Clarke Cole Cummings Daley Davis Dixon Douglas Downer Edwards Ellis Facey Farquharson Ferguson Fraser
Gayle George Gibson Goulbourne Graham Gray Greaves Green Griffith Hall Hamilton Harriott Harris Henry Hibbert Holness Hyatt Hylton
Irving James Johnson Jones Joseph King Lawrence Lewis Lindo Marshall McDonald McFarlane McKenzie McLean Miller Mitchell Morgan Morris
Morrison Myers Nelson Nembhard Pascal Peters Phillips Pierre Pinnock Powell Richards Roberts Robinson Rowe Russell Simpson
Sinclair Smith Stephenson Stewart Taylor Thomas Thompson Tulloch Walker Wallace Watson White Williams Wilson Wright Young""",
    "arabic": """Abboud Abdallah Abdelrahman Abdulrahman Aboud Akkad Al-Ali Al-Amin Al-Bakri Al-Hamad Al-Hussein Al-Jaber Al-Khatib
Al-Mohammad Al-Najjar Al-Omar Al-Rashid Al-Saadi Al-Sayed Al-Shami Al-Tamimi Al-Zein Amer Asaad Atallah Awad Ayoub Azzam Badawi
Bakir Barakat Bazzi Bitar Daoud Diab Eid El-Amin El-Sayed Fahmy Fakhoury Farhat Farouk Fayad Ghanem Habib Hakim Halabi Hamad Hamadeh
Hariri Hashem Hijazi Hussein Ibrahim Idris Issa Jaber Jabbour Kabbani Kassem Kattan Khatib Khoury Mahfouz Maalouf Mikhail Mousa Mustafa
Naji Najjar Nassar Odeh Osman Qasim Rahman Ramadan Rizk Sabbagh Safadi Said Salameh Salim Sami Sarraf Sayegh Shaheen Sharif Sleiman
Suleiman Taha Tawil Wahab Yassin Younes Zaki Zidan""",
    "kurdish": """Abdulla Abdulrahman Abubakir Ahmad Ali Amin Anwar Ardalan Arif Azad Babakir Bakir Bakr Barwari Darwesh Dizayi Faraj
Faqe Fatah Ghafur Habib Haji Hamad Hamid Hasan Hawrami Hussein Ibrahim Ismail Jabbar Jaf Jalal Jamal Jawhar Kaka Kakamad Kamal Khalid
Khalil Khdir Khoshnaw Latif Majid Maruf Mirza Mohammed Mulla Mustafa Muhiddin Nabi Nadir Nasraddin Nuri Omar Osman Othman Pirot Raouf
Rahim Rahman Rostam Sabir Said Saleh Salim Sharif Shwani Sofi Surchi Taha Talabani Tahir Tofiq Wali Younis Zangana Zebari""",
    "portuguese": """Abreu Afonso Alves Amaral Andrade Antunes Araujo Azevedo Barbosa Barros Batista Borges Branco Brito Cabral Campos Cardoso
Carneiro Carvalho Castro Coelho Correia Cruz Cunha Dias Domingues Duarte Esteves Faria Fernandes Figueiredo Fonseca Freitas Garcia
Gaspar Gomes Goncalves Guerreiro Henriques Leal Leite Lima Lopes Lourenco Macedo Machado Magalhaes Marques Martins Matos Melo Mendes
Miranda Monteiro Morais Moreira Mota Moura Nascimento Neto Neves Nogueira Nunes Pacheco Paiva Pinheiro Pinho Pinto Pires Ramos Rebelo
Ribeiro Rocha Rodrigues Sampaio Santana Santos Serra Simoes Soares Sousa Tavares Teixeira Vasconcelos Vaz Vieira""",
}
#: Stems and endings of languages that make surnames by rule.
_MADE = {
    "polish": (
        """Adam Andrzej Babin Bart Bedn Biel Bogd Borow Bukow Chmiel Cieszyn Czajk Czarn Danil Dobrow Domin Dudz Filip Fran Gajew Gaw
Gorn Gosz Grodz Jabl Jagiel Jakub Jan Jarosz Jaworsk Jedrzej Kac Kal Karol Kasprz Kazimier Klim Konrad Korn Kowal Kozier Krup Kubac Kul
Kur Lesz Lipin Luk Lubow Maci Maj Makow Marc Mich Mikol Miler Mroz Nied Niem Orl Ostr Pawl Pietr Podgor Przyb Rogal Roman Rut Rybak
Sad Sikor Skow Sokol Stach Stasz Szcz Szewcz Tomasz Urban Wal Wasil Wieczor Wilcz Witk Wod Wron Zaw Zdan Zyg""",
        "ski owski ewski czyk ak ik ek owicz ewicz iak icki ala",
    ),
    "lithuanian": (
        """Adam Alek Ambraz Andrij Antan Balc Baltr Barta Bern Bieli Buc Cern Dams Daug Dobr Gal Gric Griga Gud Ign Jakub Jank Jasai
Jon Jur Juz Kalin Karal Kasper Kavali Klim Krau Kubil Kuli Lauri Luk Mac Malin Markev Mart Mick Mikal Mik Mor Nor Pauli Petr Ramana Rim
Rud Sabal Sakal Savick Simk Stan Step Tamul Tom Urb Vait Valen Vas Vil Zilin Zuk""",
        "auskas evicius onis unas aitis ius as elis utis inskas",
    ),
    "romanian": (
        """Alb Andre Anton Arghir Avram Bad Bas Bog Bran Brat Buz Cant Car Cior Cod Corn Crai Dan Dim Dobr Dumitr Flor Fil Gav Georg
Gor Grig Iaco Ion Iord Jor Laz Luc Man Marin Mih Mir Mold Mun Mur Neg Nic Old Pan Pasc Petr Pop Rad Roman Sand Sav Serb Sim Stan Stef
Tan Teod Tom Trand Vas Vic Vlad Voic Zam Zav""",
        "escu eanu aru oiu ea an us",
    ),
    "afghan": (
        """Abdul Ahmad Akbar Alam Amin Amir Anwar Arab Asad Aslam Atta Azim Aziz Babak Badr Barak Daud Din Farhad Faiz Ghani Gul Habib
Hakim Hamid Hashim Haq Ibrahim Jabar Jalal Jamal Kabul Karim Khalil Latif Mahmud Mangal Mirza Mohmand Momand Musa Nabi Nadir Nasir Naz
Niaz Omar Paktia Popal Qadir Qasim Rahman Rasul Razaq Sadat Safdar Sahak Salim Sayed Shah Sharif Sher Shinwar Sidiq Stan Taj Wahid
Wali Wardak Yaqub Yusuf Zahir Zaman""",
        "i zai zada yar khil",
    ),
}


def more(tradition: str) -> list[str]:
    """Commoner ones first."""
    names = _LISTS.get(tradition, "").split()
    stems, tails = _MADE.get(tradition, ("", ""))
    made = [stem + tail for tail in tails.split() for stem in stems.split()]
    return [*names, *made]
